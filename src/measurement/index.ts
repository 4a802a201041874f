export { QuantileSketch, type SketchData } from './quantile-sketch.js';
