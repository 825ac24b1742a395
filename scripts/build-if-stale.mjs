// What `npm run build` does: nothing when `dist` was built from these very sources.
import { buildIfStale } from './lib/build.mjs';

buildIfStale();
