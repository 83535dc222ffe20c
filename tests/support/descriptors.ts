/**
 * How many descriptors this process has open. What the runtime opens for itself when it likes, its caches and the pairs
 * of sockets that wake its threads, is left out.
 * @module
 */

const CACHE = /_cache_v\d+(?:-\w+)?$/;

/** 0 where that cannot be told. */
export function countDescriptors(): number {
  if (Deno.build.os !== "linux") return 0;
  const folder = "/proc/self/fd";
  // Not those of TCP, in which a socket that was reset is no more, though it is open.
  const pairs = Deno.readTextFileSync("/proc/self/net/unix");
  return Array.from(Deno.readDirSync(folder)).filter(({ name }) => {
    try {
      const link = Deno.readLinkSync(`${folder}/${name}`);
      const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1];
      return inode === undefined ? !CACHE.test(link) : !isIn(pairs, inode);
    } catch {
      return false; // the one that read the folder
    }
  }).length;
}

function isIn(table: string, inode: string): boolean {
  return table.split("\n").some((line) => line.split(/\s+/)[6] === inode);
}
