/** Something that the person at the keyboard can put right: one line on stderr, exit code 2. */
export class UsageError extends Error {}

/** Ctrl-C was pressed. */
export class Interrupted extends Error {
  constructor() {
    super('interrupted');
  }
}
