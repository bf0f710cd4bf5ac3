import { webgpu } from './index.ts';
import { conform } from './testing/conform.ts';

conform({ name: 'WebGPU in Chromium', create: () => webgpu() }, 20);
