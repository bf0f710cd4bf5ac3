import { defineConfig } from 'vitest/config';
import { ClosingLine } from './tooling/closing-line.ts';
import { sourceCondition } from './tooling/presets/conditions.ts';

const conditions = [sourceCondition, 'module', 'node', 'development|production'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    environment: 'node',
    setupFiles: ['./tooling/presets/test-device.ts'],
    include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'tooling/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    reporters: ['default', new ClosingLine()],
  },
});
