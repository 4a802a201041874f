import { credentialForms } from './conceal-secrets.js';

/** A URL without its credentials, and the header that carries them: `fetch` refuses a URL that has some. */
export interface PublicAddress {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The credentials in the forms in which a server may repeat them. */
  readonly secrets: readonly string[];
}

/** Takes the credentials out of a URL that `hostUrl` made. */
export function splitCredentials(address: string): PublicAddress {
  const parsed = new URL(address);
  const url = address.replace(/\/\/[^/@]*@/, '//');
  if (parsed.username === '' && parsed.password === '') return { url, headers: {}, secrets: [] };
  const [username, password] = [decoded(parsed.username), decoded(parsed.password)];
  const credentials = Buffer.from(`${username}:${password}`).toString('base64');
  return { url, headers: { authorization: `Basic ${credentials}` }, secrets: credentialForms(username, password) };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
