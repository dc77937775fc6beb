// The entry of the page for OPC UA variables.
import { render } from "preact";
import "../../../shared/tokens.css";
import "../../../shared/base.css";
import "./page.css";
import "./detail.css";
import { elapsedClock } from "../../../shared/elapsed.ts";
import { PlantLink } from "./link.ts";
import { PlantPage } from "./page.tsx";

const LOOK_EVERY_MS = 250;

const link = new PlantLink(elapsedClock());
setInterval(() => link.tick(), LOOK_EVERY_MS);

const page = document.getElementById("page");
if (page) render(<PlantPage link={link} />, page);
