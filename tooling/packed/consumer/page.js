import { train } from './mlp.js';

const asked = new URLSearchParams(location.search);
const threads = Number(asked.get('threads'));

/** Trains here, in a page or in a worker, and tells how that went. */
async function trainHere() {
  try {
    const losses = await train(asked.get('device'), threads ? { threads } : {}, Number(asked.get('steps')));
    return { losses, isolated: crossOriginIsolated };
  } catch (error) {
    return { error: String(error), isolated: crossOriginIsolated };
  }
}

/** Has a worker run this very file with the same wishes. */
function trainInWorker() {
  const worker = new Worker(import.meta.url + location.search, { type: 'module' });
  return new Promise((told, failed) => {
    worker.addEventListener('message', ({ data }) => told(data));
    worker.addEventListener('error', failed);
  });
}

if (!globalThis.document) postMessage(await trainHere());
else {
  globalThis.report = await (asked.has('worker') ? trainInWorker() : trainHere());
  document.body.textContent = JSON.stringify(globalThis.report);
}
