import { openWebGpu } from './backend.ts';
import { conform } from './testing/conform.ts';

conform({ name: 'WebGPU, shaders for hardware', create: () => openWebGpu({ software: false }) }, 100);
