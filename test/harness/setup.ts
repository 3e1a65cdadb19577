/** Between any two tests the runner hears from its worker, however long these compute. */
import { afterEach } from 'vitest';
import { breathe } from './breathe.ts';

afterEach(breathe);
