import type { numpy } from '@jax-js/jax';
import type { Engine, OperationName, Transposes } from './engine.ts';

type Jax = typeof import('@jax-js/jax');
type JaxArray = numpy.Array;

/** Bodies for `jit`; jax-js consumes its operands, so one that is used again is taken by reference. */
function bodies(
  { numpy: np, nn }: Jax,
  transposes: Transposes,
): Partial<Record<OperationName, (...inputs: JaxArray[]) => JaxArray>> {
  const t = (x: JaxArray, which: number): JaxArray => (transposes[which] === 't' ? x.transpose() : x);
  return {
    matmul: (x, y) => np.matmul(t(x as JaxArray, 0), t(y as JaxArray, 1)),
    add: (x, y) => (x as JaxArray).add(y as JaxArray),
    mulAdd: (x, y, z) => (x as JaxArray).mul(y as JaxArray).add(z as JaxArray),
    chain: (x, y) => {
      const b = y as JaxArray;
      let value = (x as JaxArray).mul(b.ref).add(1.5);
      value = np.maximum(value, 0).mul(0.25).sub(b.ref);
      return np.minimum(value, 2).mul(1.1).add(b);
    },
    exp: (x) => np.exp(x as JaxArray),
    tanh: (x) => np.tanh(x as JaxArray),
    gelu: (x) => nn.gelu(x as JaxArray, { approximate: false }),
    sigmoid: (x) => nn.sigmoid(x as JaxArray),
    div: (x, y) => (x as JaxArray).div(y as JaxArray),
    minimum: (x, y) => np.minimum(x as JaxArray, y as JaxArray),
    sum: (x) => (x as JaxArray).sum(),
    sumRows: (x) => (x as JaxArray).sum(1),
    sumColumns: (x) => (x as JaxArray).sum(0),
    max: (x) => np.max(x as JaxArray, 1),
    argmax: (x) => np.argmax(x as JaxArray, 1),
    softmax: (x) => nn.softmax(x as JaxArray, -1),
    logSoftmax: (x) => nn.logSoftmax(x as JaxArray, -1),
    layerNorm: (x) => nn.standardize(x as JaxArray, -1, { epsilon: 1e-5 }),
  };
}

/** jax-js on its WebAssembly backend, each operation under `jit`. */
export async function jaxEngine(): Promise<Engine<JaxArray>> {
  const jax = await import('@jax-js/jax');
  await jax.init('wasm');
  jax.defaultDevice('wasm');
  return {
    name: 'jax-js wasm',
    array: (data, shape) => jax.numpy.array(data).reshape([...shape]),
    operation(name, inputs, options) {
      const body = bodies(jax, options.transposes ?? 'nn')[name];
      if (!body) return null;
      const compiled = jax.jit(body);
      return () => compiled(...inputs.map((input) => input.ref));
    },
    wait: async (value) => void (await value.blockUntilReady()),
    read: async (value) => Float32Array.from((await value.ref.data()) as Float32Array),
    release: (value) => value.dispose(),
    close: () => {},
  };
}
