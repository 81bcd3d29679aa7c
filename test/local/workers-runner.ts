/** Runs the Workers, notes their workerd in the folder given and tells its parent; for the test that kills it. */
import { keepWorkerd } from '../../src/local/orphaned-workerd.ts';
import { runWorkers } from '../../src/local/run-workers.ts';

const [dataFolder = ''] = process.argv.slice(2);
const workers = await runWorkers({ apiPort: 0, importPort: 0, log: () => {}, api: {}, import: {} });
await keepWorkerd(dataFolder);
process.send?.(workers.apiUrl);
