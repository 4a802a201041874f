import { flag } from './option-definition.js';

/** How a sweep measures, and how a timeline is written. */
export const sweepOptions = {
  levels: flag('wholeNumbers', '--workers <n,n,…>', 'numbers of workers to measure, such as 1,2,4,8', {
    shownDefault: 'doubled from 1 until the throughput stops growing',
    most: 512,
  }),
  levelRepeats: flag('wholeNumber', '--repeats <n>', 'measures each number of workers N times', {
    default: '3',
    least: 1,
  }),
  levelMs: flag('duration', '--duration <d>', 'longest measurement of one number of workers, without its warm-up', {
    default: '30s',
  }),
  trace: flag('text', '--trace <file>', 'writes the timeline in the Chrome trace format, which Perfetto opens'),
  requests: flag('wholeNumber', '--requests <n>', 'requests of one measurement, after the warm-up', {
    shownDefault: 'as many as --duration allows',
    least: 1,
  }),
};
