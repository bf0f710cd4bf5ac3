import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { parseSync } from 'oxc-parser';
import { defineConfig } from 'tsup';
import { sourceCondition } from './conditions.ts';

type TsupConfig = ReturnType<typeof defineConfig>;
type Exports = Record<string, string | Record<string, string>>;

/**
 * Points a package's imports of its own files at the built ones: `./x.ts` becomes `./x.js`.
 *
 * Files are translated one by one, not bundled: printing a module shows its class name, and a bundler renames a
 * class that mentions itself or shares its name with another. It also lets every bundler drop unused files.
 */
const builtSpecifiers: Plugin = {
  name: 'built-specifiers',
  setup(context) {
    context.onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8');
      const { staticImports, staticExports, dynamicImports } = parseSync(path, source).module;
      const requests = [
        ...staticImports.map((found) => found.moduleRequest),
        ...staticExports.flatMap((found) => found.entries.flatMap((entry) => entry.moduleRequest ?? [])),
        ...dynamicImports.map((found) => found.moduleRequest),
      ];
      let contents = source;
      const ends = new Set(requests.map((request) => request.end));
      for (const end of [...ends].sort((a, b) => b - a)) {
        const start = Math.max(...requests.filter((request) => request.end === end).map((request) => request.start));
        const specifier = contents.slice(start, end).replace(/^(['"]\.\.?\/.*)\.ts(['"])$/, '$1.js$2');
        contents = contents.slice(0, start) + specifier + contents.slice(end);
      }
      return { contents, loader: 'ts' };
    });
  },
};

/** The source files named by the `flambeau-source` condition of the package's `exports`. */
function entriesOf(folder: string): string[] {
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { exports: Exports };
  return Object.values(exports).flatMap((target) =>
    typeof target === 'object' && target[sourceCondition] ? [join(folder, target[sourceCondition])] : [],
  );
}

/** Every file that the entries reach at run time, so that test helpers are not published. */
async function reachable(entryPoints: string[]): Promise<string[]> {
  const { metafile } = await build({
    entryPoints,
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'neutral',
    outdir: 'dist',
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  return Object.keys(metafile.inputs);
}

/** tsup's settings for a published package: the `dist` folder mirrors `src`, file by file. */
export function library(): TsupConfig {
  return defineConfig(async () => ({
    entry: await reachable(entriesOf(process.cwd())),
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    outDir: 'dist',
    // The declarations beside are build/types.mjs's.
    clean: ['!**/*.d.ts'],
    sourcemap: true,
    silent: true,
    bundle: false,
    esbuildPlugins: [builtSpecifiers],
  }));
}

/** tsup's settings for a private command-line program: one file, run against the built packages. */
export function command(): TsupConfig {
  return defineConfig({
    entry: ['src/cli.ts'],
    format: 'esm',
    target: 'node20',
    platform: 'node',
    outDir: 'dist',
    clean: true,
    sourcemap: true,
    splitting: false,
    silent: true,
    skipNodeModulesBundle: true,
  });
}
