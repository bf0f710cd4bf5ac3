import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vitest/config';

const folder = new URL('../goldens/data/', import.meta.url);

/** Serves the packed goldens to tests in a browser, which unpacks them as it does any compressed answer. */
export const goldensServer: Plugin = {
  name: 'flambeau-goldens',
  configureServer({ middlewares }) {
    middlewares.use('/goldens', async (request, response) => {
      const name = (request.url ?? '').replace(/^\//, '').replace(/\?.*$/, '');
      if (!/^[a-z_/]+\.(json|safetensors)$/.test(name)) {
        response.statusCode = 404;
        response.end();
        return;
      }
      const packed = await readFile(fileURLToPath(new URL(`${name}.br`, folder)));
      response.setHeader('Content-Type', 'application/octet-stream');
      response.setHeader('Content-Encoding', 'br');
      response.end(packed);
    });
  },
};
