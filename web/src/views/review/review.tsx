import { PageHeading } from "../../ui/heading";

export default function Review() {
  return <PageHeading title="Review" />;
}
