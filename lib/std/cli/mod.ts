/** Stand-in for the part of `@std/cli` that is used here. */
export * from "./parse_args.ts";
