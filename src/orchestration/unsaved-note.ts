import { messageOf } from '../foundation/errors/chorale-error.js';

/** The end of a message about a run that ended early, where its checkpoint could not be written, too. */
export function unsavedNote(unsaved: unknown): string {
  return unsaved === undefined ? '' : `; its checkpoint could not be written: ${messageOf(unsaved)}`;
}
