import type { ContractionKernel } from '@flambeau/backend';
import type { DeviceLimits } from '../limits.ts';
import { enables, Parameters, type Shader } from '../shader.ts';
import { Library } from '../wgsl/library.ts';
import { Lines } from '../wgsl/lines.ts';
import { WORKGROUP, WORKGROUP_INPUTS } from './code.ts';
import { Results, type ResultsVariant } from './results.ts';

/** Invocations of a workgroup that combines: one for each result. */
export const COMBINE_WORKGROUP = 64;

/** Adds the sums of parts of the depth, in order, and writes results. Launch numbers: batches, rows, columns, parts; those of results. */
export function combineShader(kernel: ContractionKernel, variant: ResultsVariant, limits: DeviceLimits): Shader {
  const [lines, library, parameters] = [new Lines(), new Library(), new Parameters()];
  for (const name of ['batches', 'rows', 'columns', 'parts']) parameters.add(name, 'u32');
  const launch = (name: string): string => parameters.ref(name);
  const output = new Results(kernel, variant, limits, library, lines, parameters);
  const partial = output.bindings.add('partial', 'read', 'f32');
  lines.add(`let element = (${WORKGROUP}) * ${COMBINE_WORKGROUP}u + local;`);
  lines.add(`let sheet = ${launch('batches')} * ${launch('rows')} * ${launch('columns')};`);
  lines.block('if (element >= sheet)', () => lines.add('return;'));
  lines.add(`let line = element / ${launch('columns')};`);
  lines.add('var sum = 0.0f;');
  lines.block(`for (var part = 0u; part < ${launch('parts')}; part++)`, () =>
    lines.add(`sum += ${partial}[part * sheet + element];`),
  );
  output.atBatch(lines.let(`line / ${launch('rows')}`));
  const column = output.column(lines.let(`element % ${launch('columns')}`), launch('columns'));
  output.atRow(lines.let(`line % ${launch('rows')}`));
  output.store(column, lines.let('sum'));
  const declarations = output.bindings.declaration();
  return {
    code:
      `${enables(limits, declarations)}${declarations}${parameters.declaration}${library.declarations}` +
      `@compute @workgroup_size(${COMBINE_WORKGROUP})\n` +
      `fn main(${WORKGROUP_INPUTS}, @builtin(local_invocation_index) local: u32) {\n${lines.text}}\n`,
    bindings: output.bindings.access,
    words: parameters.words,
  };
}
