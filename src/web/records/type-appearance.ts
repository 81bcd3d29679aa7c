import type { IconName } from './type-icon.tsx';

/** How records of a type look in the client. What they are is the domain's business. */
export interface TypeAppearance {
  readonly one: string;
  readonly many: string;
  readonly icon: IconName;
  /** Hue of its colour, in degrees. */
  readonly hue: number;
}

const APPEARANCES: Readonly<Record<string, TypeAppearance>> = {
  habit: { one: 'Habit', many: 'Habits', icon: 'check', hue: 155 },
  habit_log: { one: 'Habit', many: 'Habits', icon: 'check', hue: 155 },
  meditation: { one: 'Meditation', many: 'Meditations', icon: 'lotus', hue: 290 },
  meditation_log: { one: 'Meditation', many: 'Meditations', icon: 'lotus', hue: 290 },
  medication: { one: 'Medication', many: 'Medications', icon: 'pill', hue: 20 },
  medication_log: { one: 'Medication', many: 'Medications', icon: 'pill', hue: 20 },
  bm_log: { one: 'Bowel movement', many: 'Bowel movements', icon: 'drop', hue: 75 },
  exercise: { one: 'Exercise', many: 'Exercises', icon: 'dumbbell', hue: 45 },
  exercise_session: { one: 'Workout', many: 'Workouts', icon: 'dumbbell', hue: 45 },
  exercise_log: { one: 'Exercise', many: 'Exercises', icon: 'dumbbell', hue: 45 },
  exercise_set: { one: 'Set', many: 'Sets', icon: 'dumbbell', hue: 45 },
  exercise_line: { one: 'Set line', many: 'Set lines', icon: 'dumbbell', hue: 45 },
  boulder_session: { one: 'Bouldering', many: 'Bouldering sessions', icon: 'mountain', hue: 60 },
  boulder_attempt: { one: 'Boulder attempt', many: 'Boulder attempts', icon: 'mountain', hue: 60 },
  project: { one: 'Project', many: 'Projects', icon: 'folder', hue: 250 },
  project_log: { one: 'Project time', many: 'Project times', icon: 'clock', hue: 250 },
  task: { one: 'Task', many: 'Tasks', icon: 'task', hue: 230 },
  book: { one: 'Book', many: 'Books', icon: 'book', hue: 330 },
  book_source: { one: 'Book source', many: 'Book sources', icon: 'book', hue: 330 },
  reading_log: { one: 'Reading', many: 'Reading', icon: 'book', hue: 330 },
  calendar_event: { one: 'Event', many: 'Events', icon: 'calendar', hue: 205 },
  ical_url: { one: 'Calendar feed', many: 'Calendar feeds', icon: 'calendar', hue: 205 },
  symptom_episode: { one: 'Symptom episode', many: 'Symptom episodes', icon: 'pulse', hue: 0 },
  symptom_log: { one: 'Symptom', many: 'Symptoms', icon: 'pulse', hue: 0 },
  mood_log: { one: 'Mood', many: 'Moods', icon: 'smile', hue: 100 },
  location: { one: 'Place', many: 'Places', icon: 'pin', hue: 180 },
};

/** The appearance of a type, also of one that this client has never heard of. */
export function typeAppearance(entity_type: string): TypeAppearance {
  const words = entity_type.replaceAll('_', ' ');
  const name = words.charAt(0).toUpperCase() + words.slice(1);
  return APPEARANCES[entity_type] ?? { one: name, many: name, icon: 'dot', hue: 260 };
}
