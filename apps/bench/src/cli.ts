import { bench } from './bench.ts';
import { parseFlags, UsageError, usage } from './flags.ts';
import { WrongResult } from './measure.ts';

/** Runs the command and says with which code to exit. */
async function main(): Promise<number> {
  try {
    const flags = parseFlags(process.argv.slice(2));
    if (flags.help) process.stdout.write(usage);
    else await bench(flags, (text) => process.stdout.write(`${text}\n`));
    return 0;
  } catch (error) {
    const known = error instanceof UsageError || error instanceof WrongResult;
    if (!known) throw error;
    process.stderr.write(`bench: ${error.message.replaceAll('\n', ' ')}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

process.exitCode = await main();
