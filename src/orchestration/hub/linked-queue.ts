/** What stands in a `LinkedQueue`, in at most one at a time. */
export interface Linked<T> {
  next: T | undefined;
  previous: T | undefined;
}

/** First in, first out; anything may leave early. Every operation is O(1) and allocates nothing. */
export class LinkedQueue<T extends Linked<T>> {
  length = 0;
  private head: T | undefined;
  private tail: T | undefined;

  push(entry: T): void {
    entry.previous = this.tail;
    if (this.tail) this.tail.next = entry;
    else this.head = entry;
    this.tail = entry;
    this.length += 1;
  }

  shift(): T | undefined {
    const first = this.head;
    if (first) this.remove(first);
    return first;
  }

  /** Takes out an entry that stands in this queue. */
  remove(entry: T): void {
    const { next, previous } = entry;
    if (previous) previous.next = next;
    else this.head = next;
    if (next) next.previous = previous;
    else this.tail = previous;
    entry.next = undefined;
    entry.previous = undefined;
    this.length -= 1;
  }
}
