import { train } from './mlp.js';

const asked = new URLSearchParams(location.search);
const threads = Number(asked.get('threads'));

try {
  const losses = await train(asked.get('device'), threads ? { threads } : {}, Number(asked.get('steps')));
  globalThis.report = { losses, isolated: crossOriginIsolated };
} catch (error) {
  globalThis.report = { error: String(error), isolated: crossOriginIsolated };
}
document.body.textContent = JSON.stringify(globalThis.report);
