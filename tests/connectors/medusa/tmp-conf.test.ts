import { conformance } from "../conformance.ts";
import { subject } from "./subject.ts";
conformance(subject);
