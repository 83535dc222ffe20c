/**
 * Paths of the project's files.
 * @module
 */

/** The path of a file, relative to the root of the project. */
export function projectPath(path: string): string {
  return decodeURIComponent(new URL(`../../${path}`, import.meta.url).pathname);
}
