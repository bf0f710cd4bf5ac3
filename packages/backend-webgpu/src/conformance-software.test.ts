import { openWebGpu } from './backend.ts';
import { conform } from './testing/conform.ts';

conform({ name: 'WebGPU, shaders for software', create: () => openWebGpu({ software: true }) }, 100);
