namespace Nex.Demo.Acts;

/// <summary>One thing that the demo shows.</summary>
internal interface IAct
{
    /// <summary>What it shows.</summary>
    string Title { get; }

    /// <summary>Shows it, and checks that it is so. What it throws ends the demo.</summary>
    Task PlayAsync(Stage stage, CancellationToken cancellationToken);
}
