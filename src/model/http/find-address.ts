/** Addresses that are tried at most. */
const mostTried = 8;

/**
 * The first address near a wrong one at which an API answers: above its path, with and without a part that people leave
 * out (as in `/v1`). Each is asked; none is guessed. What goes wrong meanwhile is no address.
 * @param leftOut the part; empty where there is none
 */
export async function findAddress(
  wrong: string,
  leftOut: string,
  answers: (address: string) => Promise<boolean>,
): Promise<string | undefined> {
  for (const address of nearby(wrong, leftOut)) {
    if (await answers(address).catch(() => false)) return address;
  }
  return undefined;
}

/** From the longest path to none. */
function nearby(wrong: string, leftOut: string): readonly string[] {
  const { origin, pathname } = new URL(wrong);
  const parts = pathname.split('/').filter((part) => part !== '');
  const paths = parts.map((_, index) => parts.slice(0, parts.length - index)).concat([[]]);
  const addresses = paths.flatMap((path) => {
    const address = [origin, ...path].join('/');
    return leftOut === '' || address.endsWith(leftOut) ? [address] : [`${address}${leftOut}`, address];
  });
  return [...new Set(addresses)].filter((address) => address !== wrong.replace(/\/+$/, '')).slice(0, mostTried);
}
