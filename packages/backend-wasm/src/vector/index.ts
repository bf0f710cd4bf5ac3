export { emitCast } from './casts.ts';
export { type Emitter, LANES, type Lanes } from './emitter.ts';
export { hostFunction } from './host.ts';
export { emitConstant, emitIndexLanes, emitSelect, laneValue, splatValue } from './lanes.ts';
export { emitLoad, emitLoadLanes, emitLoadSplat } from './loads.ts';
export { emitHorizontal, emitOp } from './op.ts';
export { emitRandom } from './random.ts';
export { emitStore, emitStoreFirst, emitStoreLanes, emitStorePart } from './stores.ts';
