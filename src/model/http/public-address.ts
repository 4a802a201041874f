/** A URL without its credentials, and the header that carries them: `fetch` refuses a URL that has some. */
export interface PublicAddress {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Takes the credentials out of a URL that `hostUrl` made. */
export function splitCredentials(address: string): PublicAddress {
  const { username, password } = new URL(address);
  const url = address.replace(/\/\/[^/@]*@/, '//');
  if (username === '' && password === '') return { url, headers: {} };
  const credentials = Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64');
  return { url, headers: { authorization: `Basic ${credentials}` } };
}

/** An address as it may be shown, however it is written. */
export function withoutCredentials(address: string): string {
  return address.replace(/^(\s*[a-z][a-z0-9+.-]*:\/\/)?.*@/is, '$1');
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
