import { bench } from './bench.ts';
import { parseFlags, UsageError, usage } from './flags.ts';

/** Runs the command and says with which code to exit. */
async function main(): Promise<number> {
  try {
    const flags = parseFlags(process.argv.slice(2));
    if (!flags.help) return (await bench(flags, (text) => process.stdout.write(`${text}\n`))) > 0 ? 1 : 0;
    process.stdout.write(usage);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`bench: ${error.message.replaceAll('\n', ' ')}\n`);
    return 2;
  }
}

process.exitCode = await main();
