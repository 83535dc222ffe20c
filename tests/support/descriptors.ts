/**
 * The number of open descriptors of this process, without those that the runtime opens for itself: caches, and socket
 * pairs that wake threads.
 * @module
 */

const CACHE = /_cache_v\d+(?:-\w+)?$/;

/** 0 on systems that cannot tell. */
export function countDescriptors(): number {
  if (Deno.build.os !== "linux") return 0;
  const folder = "/proc/self/fd";
  // /proc/net/tcp does not list a socket that was reset, though it is open.
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
