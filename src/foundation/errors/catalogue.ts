/** What holds for every failure of one kind. */
export interface ErrorEntry {
  /** Exit code of the command line when this failure ends a run. */
  readonly exitCode: number;
  /**
   * Whether the request may succeed when it is sent again: `true` as often as the policy allows, `'once'` one more time,
   * with another seed (a wrong answer of a model that works).
   */
  readonly retryable: boolean | 'once';
  /** One sentence for people, used in `docs/errors.md`. */
  readonly summary: string;
}

/** Every failure that chorale reports, by its stable code. */
export const errorCatalogue = {
  CHORALE_DEFECT: { exitCode: 1, retryable: false, summary: 'A defect in chorale itself.' },
  CHORALE_USAGE: { exitCode: 2, retryable: false, summary: 'The command line is wrong.' },
  CHORALE_CONFIG: { exitCode: 2, retryable: false, summary: 'The configuration file is wrong.' },
  CHORALE_PROMPT: { exitCode: 2, retryable: false, summary: 'A prompt file is missing or wrong.' },
  CHORALE_COLUMN: { exitCode: 2, retryable: false, summary: 'A column is not there, or cannot be guessed.' },
  CHORALE_INVALID_OPTION: { exitCode: 2, retryable: false, summary: 'An option of a library call has a wrong value.' },
  CHORALE_UNKNOWN_OBSERVER: { exitCode: 2, retryable: false, summary: 'No observer is registered under this name.' },
  CHORALE_CALIBRATION: { exitCode: 2, retryable: false, summary: 'These rows calibrate no confidence.' },
  CHORALE_EXPERIMENT: {
    exitCode: 2,
    retryable: false,
    summary: 'An experiment cannot be done with these rows or variants.',
  },
  CHORALE_GRAPH: { exitCode: 2, retryable: false, summary: 'A state graph is not well formed.' },
  CHORALE_SECRETS_MISSING: { exitCode: 2, retryable: false, summary: 'A run needs secrets that it was not given.' },
  CHORALE_WORKFLOW_DEFINITION: {
    exitCode: 2,
    retryable: false,
    summary: 'A workflow or step is put together wrongly.',
  },
  CHORALE_WORKFLOW_MISMATCH: {
    exitCode: 2,
    retryable: false,
    summary: 'A recorded run does not fit what was asked for.',
  },
  CHORALE_WORKFLOW_RUN_UNKNOWN: { exitCode: 2, retryable: false, summary: 'The store has no run of this id.' },
  CHORALE_RUN_UNKNOWN: { exitCode: 2, retryable: false, summary: 'The run store has no run of this id.' },
  CHORALE_INPUT: { exitCode: 3, retryable: false, summary: 'An input cannot be read, or is not in its format.' },
  CHORALE_CALIBRATION_FILE: { exitCode: 3, retryable: false, summary: 'A saved calibration is broken.' },
  CHORALE_OUTPUT: { exitCode: 3, retryable: false, summary: 'An output cannot be written.' },
  CHORALE_STORE: { exitCode: 3, retryable: false, summary: 'A store cannot be opened, read or written.' },
  CHORALE_RUN_BUSY: { exitCode: 3, retryable: false, summary: 'Another process works on this run.' },
  CHORALE_MODEL_UNAVAILABLE: { exitCode: 4, retryable: true, summary: 'No server answers at the host.' },
  CHORALE_MODEL_MISSING: { exitCode: 4, retryable: false, summary: 'The server does not have the model.' },
  CHORALE_MODEL_UNKNOWN: { exitCode: 4, retryable: false, summary: 'No registry has the model.' },
  CHORALE_MODEL_AUTH: { exitCode: 4, retryable: false, summary: 'The server wants other credentials.' },
  CHORALE_MODEL_ADDRESS: { exitCode: 4, retryable: false, summary: 'The address is not that of the API.' },
  CHORALE_MODEL_BUSY: {
    exitCode: 5,
    retryable: true,
    summary: 'The server is overloaded, or a proxy waits for it (408, 425, 429, 502, 503, 504, 520 to 529).',
  },
  CHORALE_MODEL_FAILED: {
    exitCode: 5,
    retryable: true,
    summary: 'The server failed (500 and other 5xx, or an error inside an answer).',
  },
  CHORALE_MODEL_REJECTED: { exitCode: 5, retryable: false, summary: 'The server refused the request.' },
  CHORALE_MODEL_RESPONSE: { exitCode: 5, retryable: true, summary: 'The server sent something that is no answer.' },
  CHORALE_MODEL_OVERSIZE: { exitCode: 5, retryable: false, summary: 'The server sent more than a response can need.' },
  CHORALE_MODEL_CUT_OFF: { exitCode: 5, retryable: true, summary: 'The connection ended in the middle of an answer.' },
  CHORALE_MODEL_SILENT: { exitCode: 5, retryable: true, summary: 'No first or further token came in time.' },
  CHORALE_MODEL_TIMEOUT: { exitCode: 5, retryable: false, summary: 'One attempt took longer than it may.' },
  CHORALE_MODEL_UNRESPONSIVE: { exitCode: 4, retryable: false, summary: 'No review is answered any more.' },
  CHORALE_PROMPT_TOO_LONG: { exitCode: 5, retryable: false, summary: 'The prompt does not fit into the context.' },
  CHORALE_ANSWER_TRUNCATED: { exitCode: 5, retryable: 'once', summary: 'The answer was cut at the token limit.' },
  CHORALE_ANSWER_INVALID: { exitCode: 5, retryable: 'once', summary: 'The answer is not one of the labels.' },
  CHORALE_ANSWER_REFUSED: { exitCode: 5, retryable: false, summary: 'The model refused to answer.' },
  CHORALE_ROW: { exitCode: 5, retryable: false, summary: 'A row of the input cannot be read.' },
  CHORALE_ITEM_TIMEOUT: { exitCode: 5, retryable: false, summary: 'One review took longer than it may.' },
  CHORALE_RUN_TIMEOUT: { exitCode: 5, retryable: false, summary: 'The whole run took longer than it may.' },
  CHORALE_TASK_FAILED: { exitCode: 5, retryable: false, summary: 'The processor of one item failed.' },
  CHORALE_PARALLEL_FAILED: { exitCode: 5, retryable: false, summary: 'A parallel run failed.' },
  CHORALE_CHAIN: { exitCode: 5, retryable: false, summary: 'A step of a chain failed.' },
  CHORALE_CHAIN_CANCELLED: { exitCode: 130, retryable: false, summary: 'A chain was cancelled.' },
  CHORALE_ROUTE: { exitCode: 5, retryable: false, summary: 'No route or edge leads on.' },
  CHORALE_CONDITIONAL: { exitCode: 5, retryable: false, summary: 'A predicate or the handler of a route failed.' },
  CHORALE_EXECUTION: { exitCode: 5, retryable: false, summary: 'A node of a state graph failed.' },
  CHORALE_STEP_LIMIT: { exitCode: 5, retryable: false, summary: 'A state graph ran more nodes than it may.' },
  CHORALE_CHECKPOINT: { exitCode: 5, retryable: false, summary: 'A checkpoint cannot be written, found or used.' },
  CHORALE_LEASE: { exitCode: 5, retryable: false, summary: 'Another worker has the run.' },
  CHORALE_GRAPH_CANCELLED: { exitCode: 130, retryable: false, summary: 'A run of a state graph was cancelled.' },
  CHORALE_WORKFLOW: { exitCode: 5, retryable: false, summary: 'A run of a workflow failed.' },
  CHORALE_WORKFLOW_BUSY: { exitCode: 5, retryable: false, summary: 'Another worker has this run.' },
  CHORALE_STEP_TIMEOUT: { exitCode: 5, retryable: false, summary: 'One attempt of a step took longer than it may.' },
  CHORALE_STEP_VALIDATION: { exitCode: 5, retryable: false, summary: 'The input or output of a step is not valid.' },
  CHORALE_STEP_OUTPUT: { exitCode: 5, retryable: false, summary: 'A step asked for an output that is not there.' },
  CHORALE_WORKFLOW_CANCELLED: { exitCode: 130, retryable: false, summary: 'A run of a workflow was cancelled.' },
  CHORALE_PARALLEL_CANCELLED: { exitCode: 130, retryable: false, summary: 'A parallel run was cancelled.' },
  CHORALE_CONDUCTOR_STATE: { exitCode: 2, retryable: false, summary: 'A conductor was used out of turn.' },
  CHORALE_PROCESS_FAILED: { exitCode: 5, retryable: false, summary: 'A process of a conductor failed.' },
  CHORALE_PROCESS_UNFINISHED: { exitCode: 5, retryable: false, summary: 'A process did not stop in time.' },
  CHORALE_HUB_AGENT: { exitCode: 2, retryable: false, summary: 'An agent of a hub is unknown, or registered twice.' },
  CHORALE_HUB_HANDLER: { exitCode: 5, retryable: false, summary: 'The handler of an agent failed.' },
  CHORALE_HUB_REQUEST_TIMEOUT: { exitCode: 5, retryable: false, summary: 'An agent did not answer in time.' },
  CHORALE_HUB_DEADLOCK: { exitCode: 5, retryable: false, summary: 'Handlers of a hub wait for one another.' },
  CHORALE_HUB_UNREGISTERED: { exitCode: 5, retryable: false, summary: 'An agent went away with messages unhandled.' },
  CHORALE_HUB_CLOSED: { exitCode: 5, retryable: false, summary: 'The hub is closed.' },
  CHORALE_HUB_CLOSE_TIMEOUT: { exitCode: 5, retryable: false, summary: 'Handlers did not end before a hub closed.' },
  CHORALE_THRESHOLD_MISSED: {
    exitCode: 6,
    retryable: false,
    summary: 'A threshold of --assert was missed, or --baseline was better.',
  },
  CHORALE_INTERRUPTED: { exitCode: 130, retryable: false, summary: 'The run was interrupted (SIGINT or SIGTERM).' },
} as const satisfies Record<string, ErrorEntry>;

/** The stable code of a failure. */
export type ErrorCode = keyof typeof errorCatalogue;
