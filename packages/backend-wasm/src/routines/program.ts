import { type FunctionBuilder, ModuleBuilder } from '../assembler/index.ts';
import type { Program, Runtime } from '../runtime/runtime.ts';

/** Builds and loads a module around the body of its `run(parameters, scratch, begin, end)`. */
export function makeProgram(runtime: Runtime, body: (f: FunctionBuilder, module: ModuleBuilder) => void): Program {
  const module = new ModuleBuilder(runtime.memory);
  const run = module.function({ parameters: ['i32', 'i32', 'i32', 'i32'], results: [] }, 'run');
  body(run, module);
  return runtime.load(module.encode(), module.imports);
}

/** Programs made when they are first needed. */
export function lazily<Name extends string>(make: (name: Name) => Program): (name: Name) => Program {
  const made = new Map<Name, Program>();
  return (name) => {
    let program = made.get(name);
    if (!program) {
      program = make(name);
      made.set(name, program);
    }
    return program;
  };
}
