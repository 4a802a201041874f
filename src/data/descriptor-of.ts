/** The file descriptor that a path such as `/dev/stdout` or `/dev/fd/3` means; null for any other path. */
export function descriptorOf(path: string): number | null {
  const named = { '/dev/stdin': 0, '/dev/stdout': 1, '/dev/stderr': 2 }[path];
  const numbered = /^\/(?:dev|proc\/self)\/fd\/(\d{1,9})$/.exec(path)?.[1];
  return named ?? (numbered === undefined ? null : Number(numbered));
}
