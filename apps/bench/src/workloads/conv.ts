import { matmul } from './matmul.ts';
import type { Case, CaseWorkload } from './workload.ts';

interface Convolution {
  readonly name: string;
  readonly batch: number;
  readonly channels: number;
  readonly outChannels: number;
  readonly kernel: number;
  readonly stride?: number;
  readonly padding?: number;
  readonly depthwise?: boolean;
}

const convolutions: readonly Convolution[] = [
  { name: '3×3 N4 C32→32', batch: 4, channels: 32, outChannels: 32, kernel: 3, padding: 1 },
  { name: '5×5 N64 C1→24', batch: 64, channels: 1, outChannels: 24, kernel: 5 },
  { name: '1×1 N4 C64→128', batch: 4, channels: 64, outChannels: 128, kernel: 1 },
  { name: '3×3 /2 N4 C32→32', batch: 4, channels: 32, outChannels: 32, kernel: 3, stride: 2, padding: 1 },
  { name: '3×3 depthwise N4 C32', batch: 4, channels: 32, outChannels: 32, kernel: 3, padding: 1, depthwise: true },
];

function casesOf(convolution: Convolution, limit: number): Case[] {
  const { kernel, stride = 1, padding = 0, depthwise = false } = convolution;
  const [batch, channels, outChannels, size] = [
    convolution.batch,
    convolution.channels,
    convolution.outChannels,
    28,
  ].map((extent) => Math.min(extent, limit)) as [number, number, number, number];
  const outSize = Math.floor((size + 2 * padding - kernel) / stride) + 1;
  const depth = depthwise ? 1 : channels;
  const output = [batch, outChannels, outSize, outSize];
  const multiplyAdds = batch * outChannels * outSize * outSize * depth * kernel * kernel;
  const inputs = [
    { shape: [batch, channels, size, size] },
    { shape: [outChannels, depth, kernel, kernel], scale: 1 / Math.sqrt(depth * kernel * kernel) },
  ];
  const n = Math.min(512, limit);
  const common = { options: { stride, padding }, tolerance: 1e-4, reference: matmul(n, n, n) };
  return [
    {
      ...common,
      name: `${convolution.name} forward`,
      operation: 'conv',
      inputs,
      figure: { unit: 'GFLOP/s', amount: 2 * multiplyAdds },
    },
    {
      ...common,
      name: `${convolution.name} + backward`,
      operation: 'convBackward',
      inputs: [...inputs, { shape: output }],
      figure: { unit: 'GFLOP/s', amount: 6 * multiplyAdds },
    },
  ];
}

/** Convolutions of 28×28 images, forward alone and with the gradients of image and kernel. */
export function convWorkload(limit: number): CaseWorkload {
  return {
    name: 'conv',
    title: 'float32 convolutions of 28×28 images; beside them our 512×512×512 product',
    reference: 'ours, mm 512',
    cases: convolutions.flatMap((convolution) => casesOf(convolution, limit)),
  };
}
