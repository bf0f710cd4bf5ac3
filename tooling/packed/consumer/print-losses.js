import { train } from './mlp.js';

const [device, threads, steps] = globalThis.Deno?.args ?? process.argv.slice(2);
console.log(JSON.stringify(await train(device, Number(threads) ? { threads: Number(threads) } : {}, Number(steps))));
