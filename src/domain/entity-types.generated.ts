// Made by `npm run generate` from the files in entity-types/. Do not edit.
import { bmLog } from './entity-types/bm-log.ts';
import { book } from './entity-types/book.ts';
import { bookSource } from './entity-types/book-source.ts';
import { boulderAttempt } from './entity-types/boulder-attempt.ts';
import { boulderSession } from './entity-types/boulder-session.ts';
import { calendarEvent } from './entity-types/calendar-event.ts';
import { cruddy } from './entity-types/cruddy.ts';
import { exercise } from './entity-types/exercise.ts';
import { exerciseLine } from './entity-types/exercise-line.ts';
import { exerciseLog } from './entity-types/exercise-log.ts';
import { exerciseSession } from './entity-types/exercise-session.ts';
import { exerciseSet } from './entity-types/exercise-set.ts';
import { habit } from './entity-types/habit.ts';
import { habitLog } from './entity-types/habit-log.ts';
import { icalUrl } from './entity-types/ical-url.ts';
import { location } from './entity-types/location.ts';
import { medication } from './entity-types/medication.ts';
import { medicationLog } from './entity-types/medication-log.ts';
import { meditation } from './entity-types/meditation.ts';
import { meditationLog } from './entity-types/meditation-log.ts';
import { moodLog } from './entity-types/mood-log.ts';
import { performanceReport } from './entity-types/performance-report.ts';
import { project } from './entity-types/project.ts';
import { projectLog } from './entity-types/project-log.ts';
import { readingLog } from './entity-types/reading-log.ts';
import { symptomEpisode } from './entity-types/symptom-episode.ts';
import { symptomLog } from './entity-types/symptom-log.ts';
import { task } from './entity-types/task.ts';
import { user } from './entity-types/user.ts';

/** Every entity type by its name. */
export const entityTypes = {
  bm_log: bmLog,
  book,
  book_source: bookSource,
  boulder_attempt: boulderAttempt,
  boulder_session: boulderSession,
  calendar_event: calendarEvent,
  cruddy,
  exercise,
  exercise_line: exerciseLine,
  exercise_log: exerciseLog,
  exercise_session: exerciseSession,
  exercise_set: exerciseSet,
  habit,
  habit_log: habitLog,
  ical_url: icalUrl,
  location,
  medication,
  medication_log: medicationLog,
  meditation,
  meditation_log: meditationLog,
  mood_log: moodLog,
  performance_report: performanceReport,
  project,
  project_log: projectLog,
  reading_log: readingLog,
  symptom_episode: symptomEpisode,
  symptom_log: symptomLog,
  task,
  user,
};
