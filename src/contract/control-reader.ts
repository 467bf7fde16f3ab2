/** What templates and conditions may read of the machine that Mailferry runs on. Expressions themselves read nothing. */
export interface ControlReader {
  /** A variable of the environment, or undefined. */
  environment(name: string): string | undefined;
  /** The text of a file, or undefined when it is not there. Throws Failure for a path that may not be read. */
  file(path: string): string | undefined;
}
