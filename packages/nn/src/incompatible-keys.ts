/** What `loadStateDict` found missing and did not expect. */
export class IncompatibleKeys {
  /** Keys that the module has and the state dict lacks. */
  readonly missingKeys: string[];
  /** Keys that the state dict has and the module does not know. */
  readonly unexpectedKeys: string[];

  constructor(missingKeys: string[], unexpectedKeys: string[]) {
    this.missingKeys = missingKeys;
    this.unexpectedKeys = unexpectedKeys;
  }

  toString(): string {
    if (this.missingKeys.length === 0 && this.unexpectedKeys.length === 0) return '<All keys matched successfully>';
    return `_IncompatibleKeys(missing_keys=${list(this.missingKeys)}, unexpected_keys=${list(this.unexpectedKeys)})`;
  }
}

function list(keys: readonly string[]): string {
  return `[${keys.map((key) => `'${key}'`).join(', ')}]`;
}
