export { BCELoss, BCEWithLogitsLoss, CrossEntropyLoss, KLDivLoss, NLLLoss } from './classification.ts';
export { HuberLoss, L1Loss, MSELoss, SmoothL1Loss } from './regression.ts';
