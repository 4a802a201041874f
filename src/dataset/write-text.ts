import { openReplacedFile } from './write-file.js';

/** Writes a whole text to a file: nobody sees half of it. @throws OutputError */
export async function writeText(path: string, text: string): Promise<void> {
  const sink = await openReplacedFile(path);
  try {
    await sink.write(text);
    await sink.finish();
  } catch (error) {
    await sink.discard();
    throw error;
  }
}
