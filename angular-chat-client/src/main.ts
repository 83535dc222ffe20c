import { provideZonelessChangeDetection } from "@angular/core";
import { bootstrapApplication } from "@angular/platform-browser";
import { AppComponent } from "./app/app.component";
import { claimTab } from "./app/services/browser_tab";
import { IS_COPY, rememberIn } from "./app/services/environment";

claimTab(window, rememberIn(window, "sessionStorage"))
  .then((isCopy) =>
    bootstrapApplication(AppComponent, {
      providers: [provideZonelessChangeDetection(), { provide: IS_COPY, useValue: isCopy }],
    })
  )
  .catch((error: unknown) => console.error(error));
