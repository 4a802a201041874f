import { openReplacedFile } from './write-file.js';

/**
 * Writes a whole text to a file: nobody sees half of it.
 * @param mode permissions of the file. @default those of the file that it replaces
 * @throws OutputError
 */
export async function writeText(path: string, text: string, mode?: number): Promise<void> {
  const sink = await openReplacedFile(path, { mode });
  try {
    await sink.write(text);
    await sink.finish();
  } catch (error) {
    await sink.discard();
    throw error;
  }
}
