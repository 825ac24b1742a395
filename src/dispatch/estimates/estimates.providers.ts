import { EligibleWorkers } from './eligible-workers.js';
import { Forecasts, ForecastSources } from './forecasts.js';
import { KeptEstimates } from './kept-estimates.message.js';

export const ESTIMATES = [EligibleWorkers, Forecasts, ForecastSources, KeptEstimates];
