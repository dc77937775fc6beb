// The overview's X-ray room: one large state, three stages, the last events.
import { useEffect, useState } from "preact/hooks";
import { clockTime } from "../../shared/format.ts";
import { NotListening, Panel } from "../../shared/panel.tsx";
import type { PanelProps } from "../panels.ts";
import { IDLE, phaseOf } from "./exam.ts";
import { isHidden, phaseText, presenceText, RoomBook, type Room } from "./room.ts";
import "./room.css";

export function RoomPanel({ tail, listening }: PanelProps) {
  const [book] = useState(() => new RoomBook());
  const [room, setRoom] = useState<Room>(book.room);
  useEffect(() => {
    const listener = {
      hear: (message: Parameters<RoomBook["hear"]>[0]) => setRoom(book.hear(message)),
      miss: () => setRoom(book.miss(new Date().toISOString())),
    };
    tail.want(listener, ["vxvue.>"]);
    return () => tail.want(listener, []);
  }, [tail, book]);

  return (
    <Panel name="room" title="X-ray room" note="Patient data is never shown here" tools={<a class="button link" href="display">Room display</a>}>
      {listening === false ? <NotListening section="vxvue" what="The X-ray console hub" /> : <RoomState room={room} />}
    </Panel>
  );
}

function RoomState({ room }: { readonly room: Room }) {
  const exam = isHidden(room) ? IDLE : room.exam;
  const phase = room.since === null || isHidden(room) ? "unknown" : phaseOf(exam);
  const { patient, unreadable, running, step } = exam;
  const presence = presenceText(room);
  return (
    <div class="room">
      <div class={`room-state room-${phase}`} role="status">
        <p class="room-phase">{phaseText(room)}</p>
        <p class="room-step">{step ? [step.bodyPart, step.projection].filter(Boolean).join(" · ") : "\u00a0"}</p>
        <p class="room-since">
          {room.since === null ? "Nothing heard since this page was opened" : `since ${clockTime(Date.parse(room.since))}`}
          {room.unsure && " · events may be missing"}
        </p>
        {presence && <p class="room-presence">{presence}</p>}
      </div>
      <ol class="stages" aria-label="Stages of the exam">
        <Stage done={patient !== null || unreadable} text="Patient" />
        <Stage done={running} text="Exam" />
        <Stage done={step !== null} text={step && room.steps > 0 ? `Step ${room.steps}` : "Step"} />
      </ol>
      <h3 class="visually-hidden">Last events</h3>
      <ol class="timeline">
        {room.timeline.map((entry) => (
          <li key={entry.key} class={`event event-${entry.kind}`}>
            <time dateTime={entry.at}>{clockTime(Date.parse(entry.at))}</time>
            <span class="event-text">{entry.text}</span>
          </li>
        ))}
        {room.timeline.length === 0 && <li class="empty">The next event of the X-ray console appears here.</li>}
      </ol>
    </div>
  );
}

function Stage({ done, text }: { readonly done: boolean; readonly text: string }) {
  return (
    <li class={done ? "stage done" : "stage"}>
      {text}
      <span class="visually-hidden">{done ? ": reached" : ": not yet"}</span>
    </li>
  );
}
