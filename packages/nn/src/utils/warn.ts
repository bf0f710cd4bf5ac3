const seen = new Set<string>();

/**
 * Prints a warning to the console the first time it is given, as Python does for one place in the code.
 *
 * @param message - What is printed, and what decides whether it was printed before.
 */
export function warnOnce(message: string): void {
  if (seen.has(message)) return;
  seen.add(message);
  console.warn(message);
}
