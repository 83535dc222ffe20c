/**
 * Where the project's files are.
 * @module
 */

/** The path of a file of the project, given from its root. */
export function projectPath(path: string): string {
  return decodeURIComponent(new URL(`../../${path}`, import.meta.url).pathname);
}
