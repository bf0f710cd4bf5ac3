export { type ClipGradNormOptions, clipGradNorm_, clipGradNormAsync_, clipGradValue_ } from './clip.ts';
export { parametersToVector, vectorToParameters } from './parameter-vector.ts';
