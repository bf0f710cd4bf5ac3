import { describeConformance } from '@flambeau/backend/conformance';
import { interpret } from '@flambeau/backend-cpu';
import { webgpu } from './index.ts';

describeConformance({
  name: 'WebGPU in Chromium',
  create: () => webgpu(),
  reference: interpret,
  numerics: { subnormals: false },
  ulps: { lgamma: 8 },
  runs: 20,
});
