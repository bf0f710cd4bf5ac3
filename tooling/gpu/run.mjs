// Runs one TypeScript file against the workspace's sources as tooling/run.mjs does, where WebGPU finds SwiftShader, or
// the machine's own GPU with FLAMBEAU_GPU=own:
//   node tooling/gpu/run.mjs [node flags] FILE.ts [arguments]
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { requireGpu } from './gpu.mjs';

const environment = requireGpu('the program');
const runner = fileURLToPath(new URL('../run.mjs', import.meta.url));
const { status } = spawnSync(process.execPath, [runner, ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, ...environment },
});
process.exitCode = status ?? 1;
