import { useSearch } from '@tanstack/react-router';
import { AddRecord } from './add-record.tsx';
import { EditRecord } from './edit-record.tsx';
import { Sheet } from './sheet.tsx';
import { useSheet } from './use-sheet.ts';

/** The record that the address names, or the form of a new one, over whatever screen is there. */
export function RecordSheet() {
  const { record, add, parent } = useSearch({ from: '/app' });
  const { close, finish } = useSheet();
  if (record !== undefined) {
    return (
      <Sheet label="Record" close={close}>
        <EditRecord key={record} id={record} close={close} finish={finish} />
      </Sheet>
    );
  }
  if (add === undefined) return null;
  return (
    <Sheet label="New record" close={close}>
      <AddRecord key={`${add} ${parent ?? ''}`} type_name={add} parent={parent ?? null} close={close} finish={finish} />
    </Sheet>
  );
}
