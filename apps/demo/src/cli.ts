import { demo } from './demo.ts';
import { Interrupted, UsageError } from './errors.ts';
import { parseFlags, usage } from './flags.ts';

const interruptedCode = 130;

/** Runs the command and says with which code to exit. */
async function main(): Promise<number> {
  const stop = new AbortController();
  process.on('SIGINT', () => {
    // The first Ctrl-C lets the batch in hand finish; the second does not wait.
    if (stop.signal.aborted) process.exit(interruptedCode);
    stop.abort();
  });
  try {
    const flags = parseFlags(process.argv.slice(2));
    if (flags.help) process.stdout.write(usage);
    else await demo(flags, stop.signal);
    return 0;
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`demo: ${error.message.replaceAll('\n', ' ')}\n`);
      return 2;
    }
    if (!(error instanceof Interrupted)) throw error;
    process.stderr.write('demo: interrupted.\n');
    return interruptedCode;
  }
}

process.exitCode = await main();
