/** No colour. */
export const plain = { head: [], border: [] };

/** No lines between the rows. */
export const compact = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' };
