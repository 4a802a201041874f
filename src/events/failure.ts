/** How a `*.complete` tells that something failed. */
export interface Failure {
  readonly error: boolean;
  readonly error_type?: string;
  readonly message?: string;
}
